/** Stops the servers and removes their files. */
export default async function teardown() {
  await globalThis.testSupervisor?.end();
}
