#include "cli/alert_signature.h"

#include <libxml/parser.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/openssl/x509.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

static int
refuse(struct why *why, const char *note)
{
    return why_set(why, WHY_PROOF_BAD, 0, 0, "Signature", "%s", note);
}

static int
begin(void)
{
    if (xmlSecInit() < 0)
        return -1;
    xmlSecErrorsDefaultCallbackEnableOutput(0);
    return xmlSecCryptoAppInit(NULL) < 0 || xmlSecCryptoInit() < 0 ? -1 : 0;
}

static void
end(void)
{
    (void)xmlSecCryptoShutdown();
    (void)xmlSecCryptoAppShutdown();
    (void)xmlSecShutdown();
}

/* Certificates that are believed; NULL if the file holds none. */
static xmlSecKeysMngrPtr
trusted(const char *path)
{
    xmlSecKeysMngrPtr keys = xmlSecKeysMngrCreate();

    if (keys != NULL &&
        (xmlSecCryptoAppDefaultKeysMngrInit(keys) < 0 ||
         xmlSecCryptoAppKeysMngrCertLoad(keys, path, xmlSecKeyDataFormatPem, xmlSecKeyDataTypeTrusted) < 0)) {
        xmlSecKeysMngrDestroy(keys);
        return NULL;
    }
    return keys;
}

/* Only what an enveloped signature over the whole document needs: nothing is fetched, no part of it is left out. */
static int
restrict_to_whole(xmlSecDSigCtxPtr ctx)
{
    const xmlSecTransformId reference[] = {xmlSecTransformEnvelopedId,
                                           xmlSecTransformInclC14NId,
                                           xmlSecTransformInclC14NWithCommentsId,
                                           xmlSecTransformExclC14NId,
                                           xmlSecTransformExclC14NWithCommentsId,
                                           xmlSecTransformSha256Id,
                                           xmlSecTransformSha384Id,
                                           xmlSecTransformSha512Id};
    const xmlSecTransformId signature[] = {
        xmlSecTransformInclC14NId,    xmlSecTransformInclC14NWithCommentsId,
        xmlSecTransformExclC14NId,    xmlSecTransformExclC14NWithCommentsId,
        xmlSecTransformRsaSha256Id,   xmlSecTransformRsaSha384Id,
        xmlSecTransformRsaSha512Id,   xmlSecTransformEcdsaSha256Id,
        xmlSecTransformEcdsaSha384Id, xmlSecTransformEcdsaSha512Id};

    ctx->enabledReferenceUris = xmlSecTransformUriTypeEmpty;
    for (size_t i = 0; i < sizeof reference / sizeof *reference; i++) {
        if (xmlSecDSigCtxEnableReferenceTransform(ctx, reference[i]) < 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof signature / sizeof *signature; i++) {
        if (xmlSecDSigCtxEnableSignatureTransform(ctx, signature[i]) < 0)
            return -1;
    }
    return xmlSecPtrListAdd(&ctx->keyInfoReadCtx.enabledKeyData, (void *)(uintptr_t)xmlSecKeyDataX509Id);
}

static void
name_signer(xmlSecDSigCtxPtr ctx, char signer[ALERT_SIGNER_MAX])
{
    xmlSecKeyDataPtr data = ctx->signKey != NULL ? xmlSecKeyGetData(ctx->signKey, xmlSecKeyDataX509Id) : NULL;
    X509 *certificate = data != NULL ? xmlSecOpenSSLKeyDataX509GetKeyCert(data) : NULL;
    BIO *text = BIO_new(BIO_s_mem());
    int n = 0;

    if (certificate != NULL && text != NULL &&
        X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0)
        n = BIO_read(text, signer, ALERT_SIGNER_MAX - 1);
    signer[n > 0 ? n : 0] = 0;
    BIO_free(text);
}

static int
check_node(xmlNodePtr signature, xmlSecKeysMngrPtr keys, char signer[ALERT_SIGNER_MAX], struct why *why)
{
    xmlSecDSigCtxPtr ctx = xmlSecDSigCtxCreate(keys);
    int rc = -1;

    if (ctx == NULL || restrict_to_whole(ctx) < 0)
        why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "the signature cannot be looked at");
    else if (xmlSecDSigCtxVerify(ctx, signature) < 0)
        refuse(why, ctx->signKey == NULL
                        ? "no certificate that one of those trusted vouches for, or an algorithm that proves "
                          "nothing (SHA-1)"
                        : "it cannot be checked: expected one reference to the whole document, and SHA-2");
    else if (ctx->status != xmlSecDSigStatusSucceeded)
        refuse(why, ctx->signKey == NULL ? "no certificate that one of those trusted vouches for"
                                         : "it does not match: the alert was changed after it was signed");
    else if (xmlSecPtrListGetSize(&ctx->signedInfoReferences) != 1)
        refuse(why, "several references: expected one, to the whole document");
    else
        rc = 0;
    if (rc == 0)
        name_signer(ctx, signer);
    if (ctx != NULL)
        xmlSecDSigCtxDestroy(ctx);
    return rc;
}

/* The one signature that stands directly in the root element. */
static int
check_document(xmlDocPtr doc, xmlSecKeysMngrPtr keys, char signer[ALERT_SIGNER_MAX], struct why *why)
{
    xmlNodePtr root = xmlDocGetRootElement(doc), signature = NULL;

    if (doc->intSubset != NULL)
        return refuse(why, "a document type, which CAP does not have");
    for (xmlNodePtr node = root->children; node != NULL; node = node->next) {
        if (!xmlSecCheckNodeName(node, xmlSecNodeSignature, xmlSecDSigNs))
            continue;
        if (signature != NULL)
            return refuse(why, "two signatures: expected one");
        signature = node;
    }
    return signature == NULL ? refuse(why, "the alert is not signed")
                             : check_node(signature, keys, signer, why);
}

int
alert_signature_check(struct span xml, const char *trust, char signer[ALERT_SIGNER_MAX], struct why *why)
{
    xmlSecKeysMngrPtr keys = NULL;
    xmlDocPtr doc = NULL;
    int rc = -1;

    if (xml.n > INT32_MAX || begin() != 0)
        return why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "the signature cannot be looked at");
    keys = trusted(trust);
    doc = xmlReadMemory((const char *)xml.p, (int)xml.n, NULL, NULL,
                        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (keys == NULL)
        why_set(why, WHY_CONF_VALUE, 0, 0, "trust", "no certificate in that file: expected PEM");
    else if (doc == NULL || xmlDocGetRootElement(doc) == NULL)
        why_set(why, WHY_TEXT_SYNTAX, 0, 0, NULL, "not XML");
    else
        rc = check_document(doc, keys, signer, why);
    if (doc != NULL)
        xmlFreeDoc(doc);
    if (keys != NULL)
        xmlSecKeysMngrDestroy(keys);
    end();
    return rc;
}
