// What a program gave back to the heap is written over (H56). This replaces free and realloc of the C library for the whole program,
// the libraries it loads included: operator delete, Dear ImGui, OpenSSL, GLib and SDL all come here. Linked into the tablet app alone,
// and not under sanitizers, which have allocators of their own.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <malloc.h>
#include <string.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

// The C library's own, under the names that stay its own when others are replaced.
extern "C" void __libc_free(void*);

extern "C" __attribute__((visibility("default"))) void free(void* block) {
  if (!block) return;
  const int kept = errno;  // POSIX: free leaves it
  explicit_bzero(block, malloc_usable_size(block));
  __libc_free(block);
  errno = kept;
}

extern "C" __attribute__((visibility("default"))) void* realloc(void* block, size_t size) {
  if (!block) return malloc(size);
  if (size == 0) {
    free(block);
    return nullptr;
  }
  const size_t had = malloc_usable_size(block);
  if (size <= had && size >= had / 2) {
    explicit_bzero(static_cast<char*>(block) + size, had - size);
    return block;  // the rest of it comes back with the whole
  }
  void* bigger = malloc(size);
  if (!bigger) return nullptr;
  memcpy(bigger, block, std::min(had, size));
  free(block);
  return bigger;
}
#endif
