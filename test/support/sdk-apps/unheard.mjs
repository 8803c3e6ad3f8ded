// Calls a decorated function, with no SDK unless one is preloaded, and works on for as long as it is told.
import { Traced } from 'annotel';

const work = Traced()(async function work() {});
await work();
await work();
await new Promise((resolve) => setTimeout(resolve, Number(process.argv[2] ?? 0)));
console.log('done');
