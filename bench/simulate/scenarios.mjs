/**
 * The scenarios of the VTC paper (Sheng et al., OSDI 2024, section 5.2), with the figures published for a real engine,
 * and the aim: what a simulation with declared costs gives.
 *
 * measure  gap: largest difference of service; wait: mean wait of the light clients, s; rates: units per second
 */
const even = { input: 256, output: 256 };
const client = (rate, more = even) => ({ rate, ...more });
const repeat = (count, one) => Array.from({ length: count }, () => one);

export const SCENARIOS = [
  {
    name: 'overload',
    seconds: 360,
    clients: [client(1.5), client(3)],
    measure: 'gap',
    published: { fifo: 237_738, vtc: 9_050 },
    aim: 246,
  },
  {
    name: 'eight clients',
    seconds: 360,
    clients: [...repeat(3, client(0.4)), ...repeat(5, client(0.6))],
    measure: 'gap',
    published: { fifo: 34_823, vtc: 2_976 },
    aim: 557,
  },
  {
    name: 'short_long',
    seconds: 600,
    clients: [
      client(8, { input: 64, output: 64, poisson: true }),
      client(1.5, { input: 256, output: 256, poisson: true }),
    ],
    measure: 'gap',
    published: { fifo: 204_786, vtc: 5_235 },
    aim: 497,
  },
  {
    name: 'short_long_2',
    seconds: 600,
    clients: [
      client(8, { input: 512, output: 32, poisson: true }),
      client(1.5, { input: 32, output: 512, poisson: true }),
    ],
    measure: 'gap',
    published: {},
    aim: 731,
  },
  {
    name: 'on_off_less',
    seconds: 600,
    clients: [client(0.5, { ...even, onOffS: 60 }), client(2)],
    measure: 'wait',
    light: [0],
    published: { fifo: 85.2, vtc: 3.5 },
    aim: 0.9,
  },
  {
    name: 'proportional',
    seconds: 600,
    clients: [client(0.25), client(0.5), client(1.5)],
    measure: 'wait',
    light: [0, 1],
    published: { fifo: 97, vtc: 4.8 },
    aim: 4.8,
  },
  {
    name: 'weighted 1:2:3:4',
    seconds: 360,
    clients: [client(0.8), client(0.8), client(1.2), client(1.6)],
    weights: [1, 2, 3, 4],
    measure: 'rates',
    published: { fifo: [244, 243, 364, 486] },
    aim: [135, 267, 401, 535],
  },
];
