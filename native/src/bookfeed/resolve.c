// See resolve.h. A question that the resolver is still at when it is given up cannot be taken back:
// it goes on a list, and its memory is freed once the answer has come. One thread.
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "resolve.h"

struct resolve_question {
	char name[256];
	struct addrinfo hints;
	struct gaicb request;
	struct gaicb *requests[1];
	struct resolve_question *next;
};

static struct resolve_question *abandoned;

static void free_question(struct resolve_question *question)
{
	if (question->request.ar_result != NULL)
		freeaddrinfo(question->request.ar_result);
	free(question);
}

static void free_abandoned(void)
{
	struct resolve_question **at = &abandoned;

	while (*at != NULL) {
		struct resolve_question *question = *at;

		if (gai_error(&question->request) == EAI_INPROGRESS) {
			at = &question->next;
			continue;
		}
		*at = question->next;
		free_question(question);
	}
}

int resolve_ask(struct resolve *resolve, const char *name)
{
	struct resolve_question *question = calloc(1, sizeof(*question));

	free_abandoned();
	if (question == NULL)
		return -ENOMEM;
	snprintf(question->name, sizeof(question->name), "%s", name);
	question->hints.ai_family = AF_INET;
	question->hints.ai_socktype = SOCK_STREAM;
	question->request.ar_name = question->name;
	question->request.ar_request = &question->hints;
	question->requests[0] = &question->request;
	if (getaddrinfo_a(GAI_NOWAIT, question->requests, 1, NULL) != 0) {
		free(question);
		return -EAGAIN;
	}
	resolve->question = question;
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
	struct resolve_question *question = resolve->question;
	int error = gai_error(&question->request);

	if (error == EAI_INPROGRESS)
		return 0;
	resolve->question = NULL;
	if (error == 0 && question->request.ar_result != NULL) {
		*ipv4 = choose(question->request.ar_result, turn);
		free_question(question);
		return 1;
	}
	*why = error != 0 ? gai_strerror(error) : "no address";
	free_question(question);
	return -ENOENT;
}

void resolve_cancel(struct resolve *resolve)
{
	struct resolve_question *question = resolve->question;

	if (question == NULL)
		return;
	resolve->question = NULL;
	gai_cancel(&question->request);
	question->next = abandoned;
	abandoned = question;
	free_abandoned();
}
