/** Tokens of one request to the upstream. */
export interface CallUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** One request that went to the upstream. It owes its prompt until more is known. */
export class UpstreamCall {
  constructor(private owed: CallUsage | undefined) {}

  /** What is to be paid; undefined where the upstream refused it before it did anything. */
  get usage(): CallUsage | undefined {
    return this.owed;
  }

  /** What the upstream says it did, or what we counted ourselves. */
  used(usage: CallUsage): void {
    this.owed = usage;
  }

  /** The upstream did nothing for it, and said so. */
  refused(): void {
    this.owed = undefined;
  }
}

/**
 * What one query made the upstream do. The executor fills it in while it works, so that it is true however the query
 * ends: answered, failed, cancelled, or left by its client.
 */
export class UpstreamBill {
  private readonly sentCalls: UpstreamCall[] = [];

  constructor(
    /** Our own count, which stands until the upstream reports. */
    readonly promptTokens: number,
    private readonly onSent: () => void = () => undefined,
  ) {}

  /** A whole request has gone out. */
  sent(): UpstreamCall {
    const call = new UpstreamCall({ promptTokens: this.promptTokens, completionTokens: 0 });
    this.sentCalls.push(call);
    this.onSent();
    return call;
  }

  /** Each call that is to be paid; empty where nothing was sent. */
  get owed(): readonly CallUsage[] {
    return this.sentCalls.flatMap(({ usage }) => usage ?? []);
  }
}
