// SPDX-License-Identifier: MPL-2.0
// Looking up the accounts' servers: only while the user allows it, and nothing comes of an answer that was overtaken. Belongs here: whether to ask, and
// whether an answer still counts. Does not belong here: what the question and the answer look like (accounts.mjs), the page (check.mjs).

import { accountsRequest, mailAccounts, profilesOf } from './accounts.mjs';

/** @typedef {import('./accounts.mjs').Account} Account */
/** @typedef {import('./accounts.mjs').Found} Found */

const ANSWER_MS = 10_000;
/** @type {Found} */
const noAccounts = Object.freeze({ hasAccounts: false, certain: false, profiles: [] });

export class LookUp {
  /** @param {{mayLook: () => Promise<boolean>, list: () => Promise<Account[]>, host: {request: (fields: any, listening: any) => Promise<any>}}} parts */
  constructor({ mayLook, list, host }) {
    this.mayLook = mayLook;
    this.list = list;
    this.host = host;
    this.turn = 0;
  }

  /** Whatever is under way counts no more. @returns {() => boolean} whether what begins now is overtaken as well */
  begin() {
    const turn = ++this.turn;
    return () => turn !== this.turn;
  }

  /** Never rejects. @returns {Promise<Found|{problem: string}|null>} null: overtaken, or not allowed */
  async read() {
    const { turn } = this;
    const isOver = () => turn !== this.turn;
    try {
      if (!(await this.mayLook()) || isOver()) return null;
      const accounts = await this.list();
      if (isOver()) return null;
      if (!mailAccounts(accounts).length) return noAccounts;
      const answer = await this.host.request(accountsRequest(accounts), { timeoutMs: ANSWER_MS });
      return isOver() ? null : { hasAccounts: true, ...profilesOf(answer, accounts) };
    } catch (/** @type {any} */ error) {
      return isOver() ? null : { problem: error.code ?? 'internal' };
    }
  }
}
