// The thread of a target: TypeScript has to be made loadable in each thread anew.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
