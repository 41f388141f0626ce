#ifndef PLIMSOLL_CCURL_SHIM_H
#define PLIMSOLL_CCURL_SHIM_H

/* The options that newer versions call deprecated are those that older ones know. */
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>
#include <dlfcn.h>

/**
 * The functions of libcurl that are used, found at run time: linked, the library and the thirty that it
 * needs would cost each start of the program some milliseconds, for nothing on a node without HTTP.
 */
typedef struct {
    __typeof__(&curl_global_init) global_init;
    __typeof__(&curl_version_info) version_info;
    __typeof__(&curl_easy_init) easy_init;
    __typeof__(&curl_easy_cleanup) easy_cleanup;
    __typeof__(&curl_easy_reset) easy_reset;
    __typeof__(&curl_easy_setopt) easy_setopt;
    __typeof__(&curl_easy_getinfo) easy_getinfo;
    __typeof__(&curl_easy_pause) easy_pause;
    __typeof__(&curl_easy_perform) easy_perform;
    __typeof__(&curl_easy_strerror) easy_strerror;
    __typeof__(&curl_multi_init) multi_init;
    __typeof__(&curl_multi_cleanup) multi_cleanup;
    __typeof__(&curl_multi_add_handle) multi_add_handle;
    __typeof__(&curl_multi_remove_handle) multi_remove_handle;
    __typeof__(&curl_multi_perform) multi_perform;
    __typeof__(&curl_multi_poll) multi_poll;
    __typeof__(&curl_multi_info_read) multi_info_read;
    __typeof__(&curl_slist_append) slist_append;
    __typeof__(&curl_slist_free_all) slist_free_all;
} plimsoll_curl;

/** Loads the library; dlopen(3). Returns what is wrong, or NULL. */
static inline const char *plimsoll_curl_load(plimsoll_curl *curl) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
#define PLIMSOLL_FIND(name)                                                   \
    curl->name = (__typeof__(curl->name))dlsym(library, "curl_" #name);       \
    if (!curl->name) return "libcurl.so.4 is older than 7.77: it has no function curl_" #name;
    PLIMSOLL_FIND(global_init)
    PLIMSOLL_FIND(version_info)
    PLIMSOLL_FIND(easy_init)
    PLIMSOLL_FIND(easy_cleanup)
    PLIMSOLL_FIND(easy_reset)
    PLIMSOLL_FIND(easy_setopt)
    PLIMSOLL_FIND(easy_getinfo)
    PLIMSOLL_FIND(easy_pause)
    PLIMSOLL_FIND(easy_perform)
    PLIMSOLL_FIND(easy_strerror)
    PLIMSOLL_FIND(multi_init)
    PLIMSOLL_FIND(multi_cleanup)
    PLIMSOLL_FIND(multi_add_handle)
    PLIMSOLL_FIND(multi_remove_handle)
    PLIMSOLL_FIND(multi_perform)
    PLIMSOLL_FIND(multi_poll)
    PLIMSOLL_FIND(multi_info_read)
    PLIMSOLL_FIND(slist_append)
    PLIMSOLL_FIND(slist_free_all)
#undef PLIMSOLL_FIND
    return curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? NULL : "libcurl.so.4 cannot be set up";
}

/* curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: a function for each type. */

/** Sets an option that is a number. */
static inline CURLcode plimsoll_curl_set_number(
    const plimsoll_curl *curl, CURL *easy, CURLoption option, long value) {
    return curl->easy_setopt(easy, option, value);
}

/** Sets an option that is a size. */
static inline CURLcode plimsoll_curl_set_size(
    const plimsoll_curl *curl, CURL *easy, CURLoption option, curl_off_t value) {
    return curl->easy_setopt(easy, option, value);
}

/** Sets an option that is a text, which is copied. */
static inline CURLcode plimsoll_curl_set_text(
    const plimsoll_curl *curl, CURL *easy, CURLoption option, const char *value) {
    return curl->easy_setopt(easy, option, value);
}

/** Sets an option that is a pointer: data of a callback, a list. */
static inline CURLcode plimsoll_curl_set_pointer(
    const plimsoll_curl *curl, CURL *easy, CURLoption option, void *value) {
    return curl->easy_setopt(easy, option, value);
}

/** Sets an option that is a file's content, which is copied. */
static inline CURLcode plimsoll_curl_set_blob(
    const plimsoll_curl *curl, CURL *easy, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl->easy_setopt(easy, option, &blob);
}

/** A callback that takes or gives bytes: CURLOPT_WRITEFUNCTION, _HEADERFUNCTION, _READFUNCTION. */
typedef size_t (*plimsoll_curl_bytes)(char *, size_t, size_t, void *);

/** Sets a callback that takes or gives bytes. */
static inline CURLcode plimsoll_curl_set_bytes_callback(
    const plimsoll_curl *curl, CURL *easy, CURLoption option, plimsoll_curl_bytes callback) {
    return curl->easy_setopt(easy, option, callback);
}

/** Sets CURLOPT_SEEKFUNCTION. */
static inline CURLcode plimsoll_curl_set_seek_callback(
    const plimsoll_curl *curl, CURL *easy, int (*callback)(void *, curl_off_t, int)) {
    return curl->easy_setopt(easy, CURLOPT_SEEKFUNCTION, callback);
}

/** Sets CURLOPT_DEBUGFUNCTION. */
static inline CURLcode plimsoll_curl_set_debug_callback(
    const plimsoll_curl *curl, CURL *easy,
    int (*callback)(CURL *, curl_infotype, char *, size_t, void *)) {
    return curl->easy_setopt(easy, CURLOPT_DEBUGFUNCTION, callback);
}

/** Has only these schemes be used, whatever a server or the environment names. */
static inline CURLcode plimsoll_curl_set_schemes(const plimsoll_curl *curl, CURL *easy) {
    return curl->easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
}

/** Sends user and password with each request (RFC 7617). */
static inline CURLcode plimsoll_curl_use_basic(const plimsoll_curl *curl, CURL *easy) {
    return curl->easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
}

/** Sends a token with each request (RFC 6750). */
static inline CURLcode plimsoll_curl_use_bearer(const plimsoll_curl *curl, CURL *easy) {
    return curl->easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
}

/** Asks for a number. */
static inline CURLcode plimsoll_curl_get_number(
    const plimsoll_curl *curl, CURL *easy, CURLINFO info, long *value) {
    return curl->easy_getinfo(easy, info, value);
}

/** Asks for a size. */
static inline CURLcode plimsoll_curl_get_size(
    const plimsoll_curl *curl, CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl->easy_getinfo(easy, info, value);
}

/** Asks for a text, which is libcurl's own and lasts until the next request. */
static inline CURLcode plimsoll_curl_get_text(
    const plimsoll_curl *curl, CURL *easy, CURLINFO info, const char **value) {
    return curl->easy_getinfo(easy, info, value);
}

#endif
