#pragma once
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <sys/time.h>

// amqp_login_with_properties is variadic, which Swift does not import.
static inline amqp_rpc_reply_t crabbitmq_login(
    amqp_connection_state_t state, const char *vhost, int heartbeat, const amqp_table_t *properties,
    const char *user, const char *password)
{
    return amqp_login_with_properties(
        state, vhost, 0, 131072, heartbeat, properties, AMQP_SASL_METHOD_PLAIN, user, password);
}

// Method numbers are macros with a cast, which Swift does not import.
enum {
    crabbitmq_basic_ack = AMQP_BASIC_ACK_METHOD,
    crabbitmq_basic_nack = AMQP_BASIC_NACK_METHOD,
    crabbitmq_basic_return = AMQP_BASIC_RETURN_METHOD,
    crabbitmq_basic_deliver = AMQP_BASIC_DELIVER_METHOD,
    crabbitmq_basic_cancel = AMQP_BASIC_CANCEL_METHOD,
    crabbitmq_channel_close = AMQP_CHANNEL_CLOSE_METHOD,
    crabbitmq_connection_close = AMQP_CONNECTION_CLOSE_METHOD,
    crabbitmq_connection_blocked = AMQP_CONNECTION_BLOCKED_METHOD,
    crabbitmq_connection_unblocked = AMQP_CONNECTION_UNBLOCKED_METHOD,
};

// struct timeval is a type that Swift's importer finds in several modules: seconds as plain numbers instead.
static inline void crabbitmq_limit_answers(amqp_connection_state_t state, int seconds)
{
    struct timeval limit = { .tv_sec = seconds };
    amqp_set_rpc_timeout(state, &limit);
    amqp_set_handshake_timeout(state, &limit);
}

static inline int crabbitmq_open(amqp_socket_t *socket, const char *host, int port, int seconds)
{
    struct timeval limit = { .tv_sec = seconds };
    return amqp_socket_open_noblock(socket, host, port, &limit);
}

// The next frame, if there is one now; sends a heartbeat that is due.
static inline int crabbitmq_next_frame(amqp_connection_state_t state, amqp_frame_t *frame)
{
    struct timeval now = { 0 };
    return amqp_simple_wait_frame_noblock(state, frame, &now);
}
