import type { BuildOptions } from 'esbuild';

export const bundles: Record<'extension' | 'worker' | 'keeper' | 'cli', BuildOptions>;
