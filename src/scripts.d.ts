/** What runs on hosts is compiled into the bundles as text too. */
declare module '*.sh' {
  const text: string;
  export default text;
}

/** Lua scripts are compiled into the bundles as text. */
declare module '*.lua' {
  const text: string;
  export default text;
}
