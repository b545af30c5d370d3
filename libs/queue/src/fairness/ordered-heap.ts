/** A binary heap that knows where each item stands, so that an item can move or leave in O(log n). */
export class OrderedHeap<Item extends object> {
  private readonly items: Item[] = [];
  private readonly places = new Map<Item, number>();

  constructor(private readonly isBefore: (a: Item, b: Item) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  peek(): Item | undefined {
    return this.items[0];
  }

  has(item: Item): boolean {
    return this.places.has(item);
  }

  /** Adds an item that is not in the heap. */
  add(item: Item): void {
    this.items.push(item);
    this.places.set(item, this.items.length - 1);
    this.rise(this.items.length - 1);
  }

  /** Finds the item's new place after what orders it has changed. */
  move(item: Item): void {
    const place = this.places.get(item);
    if (place === undefined) return;
    this.sink(this.rise(place));
  }

  /** Removes the item; false where it was not in the heap. */
  remove(item: Item): boolean {
    const place = this.places.get(item);
    if (place === undefined) return false;
    const last = this.items.pop()!;
    this.places.delete(item);
    if (last === item) return true;
    this.put(last, place);
    this.sink(this.rise(place));
    return true;
  }

  /** Every item, in no order. */
  values(): IterableIterator<Item> {
    return this.items.values();
  }

  private rise(start: number): number {
    let place = start;
    const item = this.items[place]!;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.isBefore(item, this.items[parent]!)) break;
      this.put(this.items[parent]!, place);
      place = parent;
    }
    this.put(item, place);
    return place;
  }

  private sink(start: number): void {
    let place = start;
    const item = this.items[place]!;
    for (;;) {
      const child = this.firstChild(place);
      if (child === undefined || !this.isBefore(this.items[child]!, item)) break;
      this.put(this.items[child]!, place);
      place = child;
    }
    this.put(item, place);
  }

  private firstChild(place: number): number | undefined {
    const left = 2 * place + 1;
    if (left >= this.items.length) return undefined;
    const right = left + 1;
    const rightIsFirst = right < this.items.length && this.isBefore(this.items[right]!, this.items[left]!);
    return rightIsFirst ? right : left;
  }

  private put(item: Item, place: number): void {
    this.items[place] = item;
    this.places.set(item, place);
  }
}
