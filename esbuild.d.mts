import type { BuildOptions } from 'esbuild';

export const bundles: Record<'extension' | 'worker' | 'cli', BuildOptions>;
