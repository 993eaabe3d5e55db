#pragma once
// Swift's Glibc module covers neither epoll nor eventfd.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <poll.h>
#include <stdint.h>
