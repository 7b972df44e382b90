import { fileURLToPath } from 'node:url';
import path from 'node:path';

/** The top of the repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

const configuration = process.env.CONFIGURATION ?? 'Debug';

/** The built service. */
export const gatewayDll = path.join(root, `src/HeartbeatGateway/bin/${configuration}/net10.0/HeartbeatGateway.dll`);
