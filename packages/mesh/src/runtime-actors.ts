// SPDX-License-Identifier: Apache-2.0

/** The runtime's own actor for adverts that are meant for one node. */
export const ADVERT_ACTOR = '$advert';

/** The runtime's own actor for link measurement. */
export const LINK_ACTOR = '$link';
