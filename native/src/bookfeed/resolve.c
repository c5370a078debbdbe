// See resolve.h.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "resolve.h"

int resolve_ask(struct resolve *resolve, const char *name)
{
	memset(resolve, 0, sizeof(*resolve));
	snprintf(resolve->name, sizeof(resolve->name), "%s", name);
	resolve->hints.ai_family = AF_INET;
	resolve->hints.ai_socktype = SOCK_STREAM;
	resolve->request.ar_name = resolve->name;
	resolve->request.ar_request = &resolve->hints;
	resolve->requests[0] = &resolve->request;
	if (getaddrinfo_a(GAI_NOWAIT, resolve->requests, 1, NULL) != 0)
		return -EAGAIN;
	resolve->asked = true;
	return 0;
}

static uint32_t choose(const struct addrinfo *list, unsigned int turn)
{
	const struct addrinfo *one = list;
	unsigned int count = 0;

	for (const struct addrinfo *each = list; each != NULL; each = each->ai_next)
		count++;
	for (unsigned int i = 0; i < turn % count; i++)
		one = one->ai_next;
	return ntohl(((const struct sockaddr_in *)(const void *)one->ai_addr)->sin_addr.s_addr);
}

int resolve_answer(struct resolve *resolve, unsigned int turn, uint32_t *ipv4, const char **why)
{
	int error = gai_error(&resolve->request);

	if (error == EAI_INPROGRESS)
		return 0;
	resolve->asked = false;
	if (error != 0 || resolve->request.ar_result == NULL) {
		*why = error != 0 ? gai_strerror(error) : "no address";
		return -ENOENT;
	}
	*ipv4 = choose(resolve->request.ar_result, turn);
	freeaddrinfo(resolve->request.ar_result);
	return 1;
}

void resolve_cancel(struct resolve *resolve)
{
	const struct gaicb *waited[1] = {&resolve->request};

	if (!resolve->asked)
		return;
	if (gai_cancel(&resolve->request) == EAI_NOTCANCELED)
		while (gai_suspend(waited, 1, NULL) == EAI_INTR)
			continue;
	if (gai_error(&resolve->request) == 0 && resolve->request.ar_result != NULL)
		freeaddrinfo(resolve->request.ar_result);
	resolve->asked = false;
}
