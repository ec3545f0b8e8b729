/** Whether Redis could not be asked, as opposed to having answered something unwelcome. */
export function isAway(error: unknown): boolean {
  const { name, message } = error as Error;
  // While it loads its data it is not there yet.
  if (name === 'ReplyError') return message.startsWith('LOADING');
  if (name === 'MaxRetriesPerRequestError') return true;
  return /connection is closed|isn't writeable|ECONN|EPIPE|ETIMEDOUT/i.test(message);
}
