// SPDX-License-Identifier: MPL-2.0
// The user's browser, as Thunderbird sees it. Belongs here: which pages it was asked to open. Not here: Thunderbird's own windows and tabs (pages.mjs).

/** Notes the pages that are opened in the user's browser, instead of opening them. @returns {Promise<() => Promise<string[]>>} */
export async function notePages(thunderbird) {
  await thunderbird.eval(`kept.pages = [];
    const service = { QueryInterface: ChromeUtils.generateQI(['nsIExternalProtocolService']), loadURI(uri) { kept.pages.push(uri.spec); } };
    Components.manager.QueryInterface(Ci.nsIComponentRegistrar).registerFactory(Services.uuid.generateUUID(), 'noted pages',
      '@mozilla.org/uriloader/external-protocol-service;1',
      { QueryInterface: ChromeUtils.generateQI(['nsIFactory']), createInstance: iid => service.QueryInterface(iid) });`);
  return () => thunderbird.eval('return kept.pages;');
}
