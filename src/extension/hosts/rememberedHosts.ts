/** Hosts that were launched on from this machine: by their names, or by the host files that have them. */
import { hostname } from 'node:os';
import type { Memento } from 'vscode';

export interface Remembered {
  names: readonly string[];
  /** Paths. */
  files: readonly string[];
}

/** What an extension stores goes with its user to other machines, where names may mean other hosts. */
const KEY = `hosts@${hostname()}`;

export class RememberedHosts {
  constructor(private readonly memento: Memento) {}

  get all(): Remembered {
    return this.memento.get<Remembered>(KEY, { names: [], files: [] });
  }

  async add({ names = [], files = [] }: Partial<Remembered>): Promise<void> {
    const { all } = this;
    await this.memento.update(KEY, {
      names: [...new Set([...all.names, ...names])],
      files: [...new Set([...all.files, ...files])],
    });
  }

  async forget({ names = [], files = [] }: Partial<Remembered>): Promise<void> {
    const { all } = this;
    await this.memento.update(KEY, {
      names: all.names.filter(name => !names.includes(name)),
      files: all.files.filter(file => !files.includes(file)),
    });
  }
}
