/* SPDX-License-Identifier: MPL-2.0
 * What a keyring costs whoever asks it: one secret looked up with libsecret, and nothing else. Stores it if it is not there yet. The floor of a sign-in with ledger (P3). */
#include <libsecret/secret.h>

int main(void) {
    static const SecretSchema schema = {
        .name = "org.reprompt.Bench", .attributes = {{"for", SECRET_SCHEMA_ATTRIBUTE_STRING}}};
    gchar* const found = secret_password_lookup_sync(&schema, NULL, NULL, "for", "bench", NULL);
    if (found != NULL) {
        secret_password_free(found);
        return 0;
    }
    return secret_password_store_sync(&schema, SECRET_COLLECTION_DEFAULT, "Reprompt: bench", "0123456789abcdef",
                                      NULL, NULL, "for", "bench", NULL)
               ? 0
               : 1;
}
