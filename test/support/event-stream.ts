import type { TestApi } from './api.js';

export interface StreamedEvent {
  readonly event: string;
  readonly id: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads whatever came
  readonly data: any;
}

export interface EventStream {
  readonly status: number;
  readonly headers: Headers;
  /** The next event; undefined once the stream has ended. Comments are passed over. */
  next(): Promise<StreamedEvent | undefined>;
  /** The next comment, passing over events. */
  comment(): Promise<string | undefined>;
  /** Every event to the end. */
  rest(): Promise<StreamedEvent[]>;
  leave(): void;
}

/** Follows a job as a browser's EventSource would; `who` is a tenant, or the headers that say who asks. */
export async function follow(
  api: TestApi,
  who: string | Record<string, string>,
  jobId: string,
  lastEventId?: string,
): Promise<EventStream> {
  const line = new AbortController();
  const response = await fetch(`${api.url}/jobs/${jobId}/events`, {
    headers: {
      ...(typeof who === 'string' ? { 'x-tenant-id': who } : who),
      ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
    },
    signal: line.signal,
  });
  const blocks = blocksOf(response);
  const nextThat = async (fits: (block: string) => boolean) => {
    for (;;) {
      const { value, done } = await blocks.next();
      if (done) return undefined;
      if (fits(value)) return value;
    }
  };
  const next = async () => {
    const block = await nextThat((text) => !text.startsWith(':'));
    return block === undefined ? undefined : parse(block);
  };
  return {
    status: response.status,
    headers: response.headers,
    next,
    comment: () => nextThat((text) => text.startsWith(':')),
    async rest() {
      const events: StreamedEvent[] = [];
      for (let event = await next(); event; event = await next()) events.push(event);
      return events;
    },
    leave: () => line.abort(),
  };
}

async function* blocksOf(response: Response): AsyncGenerator<string, undefined> {
  if (!response.body) return;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    yield* blocks;
  }
}

function parse(block: string): StreamedEvent {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  ) as Record<string, string>;
  return { event: fields['event']!, id: fields['id']!, data: JSON.parse(fields['data']!) as unknown };
}
