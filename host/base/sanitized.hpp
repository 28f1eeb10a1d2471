// SPDX-License-Identifier: MPL-2.0
// REPROMPT_SANITIZED is defined in a build under a sanitizer, which has a heap of its own and needs address
// space without end.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define REPROMPT_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REPROMPT_SANITIZED 1
#endif
