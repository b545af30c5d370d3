/** A binary heap: what has the smallest time comes first. */
export class OrderedEvents {
  #heap = [];

  constructor(timeOf) {
    this.timeOf = timeOf;
  }

  get first() {
    return this.#heap[0];
  }

  add(event) {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.timeOf(heap[parent]) <= this.timeOf(event)) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = event;
  }

  take() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.timeOf(heap[child + 1]) < this.timeOf(heap[child])) child++;
      if (this.timeOf(heap[child]) >= this.timeOf(last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
