/** The way to the extension, and what the page remembers while it is hidden or reloaded. */
import type { Period, Sort, Tab, TaskStateName, ToHost, Update } from '../src/protocol';

export interface PageState {
  period: Period;
  tab: Tab;
  state: TaskStateName;
  search: string;
  sort: { workers?: Sort | undefined; tasks?: Sort | undefined };
}

interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): Partial<PageState> | undefined;
  setState(state: PageState): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();

const AT_FIRST: PageState = {
  period: 15,
  tab: 'failures',
  state: 'in_progress',
  search: '',
  sort: {},
};

export const send = (message: ToHost): void => api.postMessage(message);
/** An earlier version may have remembered less. */
export const savedState = (): PageState => ({ ...AT_FIRST, ...api.getState() });
export const saveState = (state: PageState): void => api.setState(state);

export function onUpdate(listen: (update: Update) => void): void {
  // Only the host can send to a page of VS Code.
  window.addEventListener('message', ({ data }: MessageEvent<Update>) => listen(data));
}
