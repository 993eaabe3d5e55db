#pragma once
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <microhttpd.h>

// MHD_start_daemon and the MHD_get_*_info functions are variadic, which Swift cannot call.

static inline struct MHD_Daemon *cmicrohttpd_start(unsigned int flags, MHD_AccessHandlerCallback handler, void *context,
                                                   struct MHD_OptionItem *options)
{
    return MHD_start_daemon(flags, 0, NULL, NULL, handler, context, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static inline int cmicrohttpd_socket(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static inline const struct sockaddr *cmicrohttpd_client_address(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

static inline void *cmicrohttpd_socket_context(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static inline size_t cmicrohttpd_header_size(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

// struct MHD_OptionItem carries function pointers as integers, and Swift does not convert between the two.

typedef void *(*cmicrohttpd_target_callback)(void *context, const char *target, struct MHD_Connection *connection);
typedef void (*cmicrohttpd_log_callback)(const char *message);

static inline struct MHD_OptionItem cmicrohttpd_option(enum MHD_OPTION option, intptr_t value)
{
    return (struct MHD_OptionItem){ option, value, NULL };
}

static inline struct MHD_OptionItem cmicrohttpd_on_target(cmicrohttpd_target_callback callback, void *context)
{
    return (struct MHD_OptionItem){ MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)callback, context };
}

static inline struct MHD_OptionItem cmicrohttpd_on_completed(MHD_RequestCompletedCallback callback, void *context)
{
    return (struct MHD_OptionItem){ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)callback, context };
}

static inline struct MHD_OptionItem cmicrohttpd_on_connection(MHD_NotifyConnectionCallback callback, void *context)
{
    return (struct MHD_OptionItem){ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)callback, context };
}

// The library logs with a va_list, which Swift cannot make from C's.
static inline void cmicrohttpd_format_log(void *context, const char *format, va_list arguments)
{
    char message[512];
    vsnprintf(message, sizeof message, format, arguments);
    ((cmicrohttpd_log_callback)context)(message);
}

static inline struct MHD_OptionItem cmicrohttpd_on_log(cmicrohttpd_log_callback callback)
{
    return (struct MHD_OptionItem){ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)cmicrohttpd_format_log, (void *)callback };
}

// These are cast macros, which Swift does not import.
static const uint64_t cmicrohttpd_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t cmicrohttpd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t cmicrohttpd_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;
