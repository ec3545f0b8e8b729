const REASONS: Record<string, string> = {
  // Node says so of the program when the folder is what is missing.
  ENOENT: 'that program or that folder does not exist',
  EACCES: 'permission denied',
  EAGAIN: 'too many processes',
  ENOMEM: 'out of memory',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
};

/** For people: why a shell did not start. */
export function cannotStart(program: string, folder: string, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ''] ?? message;
  return new Error(
    `Cannot start ${program} in ${folder}: ${reason}. Check this host and that folder.`,
  );
}
