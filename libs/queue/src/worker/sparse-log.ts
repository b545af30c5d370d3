const QUIET_MS = 60_000;
const MAX_TEXTS = 100;

interface Known {
  saidAtMs: number;
  unsaid: number;
}

/** Writes each text at once, then at most once a minute with how often it came meanwhile. */
export class SparseLog {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly say: (text: string) => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  write(text: string): void {
    const known = this.known.get(text);
    const nowMs = this.nowMs();
    if (known && nowMs - known.saidAtMs < QUIET_MS) {
      known.unsaid += 1;
      return;
    }
    this.say(known && known.unsaid > 0 ? `${text} (and ${known.unsaid} times in the last minute)` : text);
    this.known.delete(text);
    this.known.set(text, { saidAtMs: nowMs, unsaid: 0 });
    if (this.known.size > MAX_TEXTS) this.known.delete(this.known.keys().next().value!);
  }
}
