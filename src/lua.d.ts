/** Lua scripts are compiled into the bundles as text. */
declare module '*.lua' {
  const text: string;
  export default text;
}
