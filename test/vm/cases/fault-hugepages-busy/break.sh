sysctl -q vm.nr_hugepages=512
systemd-run --quiet --unit=holder python3 -c "
import mmap, time
memory = mmap.mmap(-1, 100 << 21, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)
for page in range(100):
    memory[page << 21] = 1
open(\"/run/held\", \"w\").close()
time.sleep(3600)"
until [ -e /run/held ]; do sleep 0.2; done
