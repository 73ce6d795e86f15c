// SPDX-License-Identifier: Apache-2.0
//
// Who may say and hear what on a fleet's brokers. Subjects put the sender first, so a grant by prefix decides who speaks:
//
//   af.<fleet>.<fromSite>.<from>.<toSite>.<to>.<actor…>   addressed
//   af.<fleet>.<site>.<node>.all.<kind…>                  an event of a node
//   af.hello.<fleet>.<site>.<node>                        first contact
//
// S1  A node publishes under its own site and name alone, and a site's link to the hub under that site alone.
// S2  What is addressed to a node is heard by that node and by the links on its way, by no other node.
// S3  A device hears the events and hellos of its own site and of the cloud; edge and cloud nodes hear the fleet's. A
//     thin link down to a device thus carries nothing of other sites.
// S4  Entries are written so that every subscription form of LEAF-TREE.md is equal to an entry or narrower.

/** Subjects that may be published and subscribed to; `*` and `>` as in NATS. */
export interface SubjectGrants {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Where a node stands. */
export interface NodePlace {
  readonly fleet: string;
  readonly site: string;
  readonly node: string;
}

/** What a device may do, as a client of its broker and as the leaf link of its own broker. */
export function deviceGrants(place: NodePlace & { readonly cloudSite: string }): SubjectGrants {
  const { fleet, site, cloudSite } = place;
  return {
    publish: ownSubjects(place),
    subscribe: [
      inboxOf(place),
      `af.${fleet}.${site}.*.all.>`,
      `af.${fleet}.${cloudSite}.*.all.>`,
      `af.hello.${fleet}.${site}.*`,
      `af.hello.${fleet}.${cloudSite}.*`,
    ],
  };
}

/** What an edge or cloud node may do as a client of its broker: it hears the whole fleet's events and hellos. */
export function stationGrants(place: NodePlace): SubjectGrants {
  const { fleet } = place;
  return { publish: ownSubjects(place), subscribe: [inboxOf(place), `af.${fleet}.*.*.all.>`, `af.hello.${fleet}.>`] };
}

/** What a site's leaf link to the hub may carry: what the site says, and what is meant for the site or for all. */
export function siteGrants(place: { readonly fleet: string; readonly site: string }): SubjectGrants {
  const { fleet, site } = place;
  return {
    publish: [`af.${fleet}.${site}.>`, `af.hello.${fleet}.${site}.>`],
    subscribe: [`af.${fleet}.*.*.${site}.>`, `af.${fleet}.*.*.all.>`, `af.hello.${fleet}.>`],
  };
}

function ownSubjects({ fleet, site, node }: NodePlace): readonly string[] {
  return [`af.${fleet}.${site}.${node}.>`, `af.hello.${fleet}.${site}.${node}`];
}

function inboxOf({ fleet, site, node }: NodePlace): string {
  return `af.${fleet}.*.*.${site}.${node}.>`;
}
