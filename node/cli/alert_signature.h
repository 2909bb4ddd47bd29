/*
 * The XML signature of a public alert (CAP 1.2 section 3.3.4.1, XML-Signature), by libxmlsec: an enveloped signature over the whole
 * document, of a certificate that a given one vouches for. Nothing is fetched; SHA-1 proves nothing and is refused.
 */
#ifndef CLI_ALERT_SIGNATURE_H
#define CLI_ALERT_SIGNATURE_H

#include "base/span.h"
#include "base/why.h"

#define ALERT_SIGNER_MAX 256

/*
 * Does the signature of ${xml} hold, with a certificate that leads to one in the PEM file ${trust}? 0 and the subject of the signer's
 * certificate (RFC 2253), or -1 with ${why}.
 */
int alert_signature_check(struct span xml, const char *trust, char signer[ALERT_SIGNER_MAX], struct why *why);

#endif
