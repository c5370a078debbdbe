// How a port is made ready: pool, configuration, queues, start. For port.c, which knows when.
#ifndef POLLCORE_PORT_SETUP_H
#define POLLCORE_PORT_SETUP_H

#include "port.h"

// Whether frames of this MTU take several buffers of 2 KB, and every port in use receives and sends
// such.
bool port_can_scatter(const struct config *config);

// The pool that all queues of all ports in use take their buffers from.
int port_make_pool(struct port *port, const struct config *config, struct fault *fault);

// What follows the choice of the device, on the first start and after each reset alike.
int port_configure_and_start(struct port *port, struct fault *fault);

// Speed and state, as the device tells them without waiting.
void port_read_link(struct port *port);

int port_device_fault(const struct port *port, const char *what, int error, const char *next,
	struct fault *fault);

#endif
