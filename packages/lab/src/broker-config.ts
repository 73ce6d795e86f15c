// SPDX-License-Identifier: Apache-2.0

/** Loopback ports set aside for one broker; those that its configuration does not name stay unused. */
export interface BrokerPorts {
  readonly client: number;
  readonly monitor: number;
  readonly leaf: number;
  readonly websocket: number;
}

/** What a launched broker's configuration is made from. */
export interface BrokerConfigParts {
  readonly ports: BrokerPorts;
  readonly serverName: string;
  /** Where JetStream keeps its files; without it JetStream stays off. */
  readonly storeFolder?: string;
  /** Its JetStream domain. */
  readonly domain?: string;
  readonly monitor: boolean;
  /** More configuration text, appended as it is. */
  readonly extra: string;
}

/** The configuration of a throw-away broker on loopback: short pings, so that a dead link is noticed in seconds. */
export function renderBrokerConfig(parts: BrokerConfigParts): string {
  const lines = [
    `server_name: ${quote(parts.serverName)}`,
    `listen: "127.0.0.1:${parts.ports.client}"`,
    ...(parts.monitor ? [`http: "127.0.0.1:${parts.ports.monitor}"`] : []),
    'ping_interval: "2s"',
    'ping_max: 2',
    ...(parts.storeFolder === undefined ? [] : [jetStream(parts.storeFolder, parts.domain)]),
    parts.extra,
  ];
  return `${lines.join('\n')}\n`;
}

function jetStream(storeFolder: string, domain: string | undefined): string {
  const named = domain === undefined ? '' : `, domain: ${quote(domain)}`;
  return `jetstream { store_dir: ${quote(storeFolder)}, max_mem: 64M, max_file: 256M${named} }`;
}

/** A value as the nats-server configuration writes it: double quotes, with what would end them escaped. */
export function quote(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
