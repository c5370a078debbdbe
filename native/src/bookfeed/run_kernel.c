// bookfeed over the kernel's sockets: the engine in a thread of its own. See program.h.
#include <string.h>

#include "program.h"

static void *run_engine(void *engine)
{
	engine_run(engine);
	return NULL;
}

static int serve(struct program *program, struct fault *fault)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run_engine, &program->engine);
	int ret;

	if (error != 0)
		return fault_set(
			fault, EXIT_RUN_TIME, "thread: %s; allow one more", strerror(error));
	ret = program_control(program, NULL, NULL, fault);
	atomic_store(&program->engine.stop, true);
	pthread_join(thread, NULL);
	return ret;
}

int run_kernel(struct program *program, struct fault *fault)
{
	static struct transport_kernel kernel;
	int ret = transport_kernel_init(&kernel, program->settings.wait);

	if (ret < 0)
		return fault_set(
			fault, EXIT_MEMORY, "transport: %s; free some memory", strerror(-ret));
	ret = program_connect(program, &kernel.transport, "", fault);
	if (ret == 0)
		ret = serve(program, fault);
	if (ret == 0)
		ret = program_report(program, fault);
	transport_kernel_done(&kernel);
	return ret;
}
