/** What the commands that talk to a node have in common: the option that names its file, and the connection. */
import type { Command } from 'commander';
import { loadNodeConfig, type NodeConfig } from '../../node/config-file.node.js';
import { ControlClient } from '../../node/control-client.node.js';
import { addSetOption } from '../options.js';

/** The options that every one of them has. */
export interface NodeFlags {
  readonly config: string;
  readonly set?: string[];
}

/** Adds `--config` and `--set`. */
export function addNodeOptions(command: Command): Command {
  command.requiredOption('--config <node.yaml>', 'the file of the node');
  return addSetOption(command, 'override a field of the file, such as log=debug');
}

/** The node of the file that the flags name. Rejects with an InputFileError. */
export function configOf(flags: NodeFlags): Promise<NodeConfig> {
  return loadNodeConfig(flags.config, flags.set ?? []);
}

/** Calls `use` with a connection to the node, and ends it afterwards. Rejects with a UsageError where the node does not run. */
export async function withNode<T>(flags: NodeFlags, use: (client: ControlClient, config: NodeConfig) => Promise<T>) {
  const config = await configOf(flags);
  const client = await ControlClient.connect(config.control);
  try {
    return await use(client, config);
  } finally {
    client.close();
  }
}
