// The thread of a soak's worker: TypeScript has to be made loadable in each thread anew.
import { register } from 'tsx/esm/api';

register();
await import('../../src/soak/worker.node.ts');
