// Pictures that items name by a path: the extension reads them, once, when they are shown.

import { post } from "./host";

/** Pictures that are kept here; past this the oldest goes. */
const MOST = 24;

export class Pictures extends EventTarget {
  private readonly urls = new Map<string, string | null>();

  /** The picture as a `data:` URL; null where there is none, undefined while it is on its way. */
  of(path: string): string | null | undefined {
    if (!this.urls.has(path) && !this.asked.has(path)) {
      this.asked.add(path);
      post({ type: "picture", path });
    }
    return this.urls.get(path);
  }

  private readonly asked = new Set<string>();

  put(path: string, url: string | null): void {
    this.asked.delete(path);
    this.urls.set(path, url);
    const [oldest] = this.urls.keys();
    if (this.urls.size > MOST && oldest !== undefined) this.urls.delete(oldest);
    this.dispatchEvent(new Event("picture"));
  }
}

export const pictures = new Pictures();
