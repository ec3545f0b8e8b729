/** The way to the extension, and what the page remembers while it is hidden or reloaded. */
import type { Period, ToHost, ToPage } from '../src/protocol';

export interface PageState {
  period: Period;
}

interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): PageState | undefined;
  setState(state: PageState): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();

export const send = (message: ToHost): void => api.postMessage(message);
export const savedState = (): PageState | undefined => api.getState();
export const saveState = (state: PageState): void => api.setState(state);

export function onMessage(listen: (message: ToPage) => void): void {
  // Only the host can send to a page of VS Code.
  window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => listen(data));
}
