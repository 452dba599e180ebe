/** Error numbers that helpers and maps return, negated. Source: asm-generic/errno-base.h, linux/errno.h (ENOTSUPP). */
export const Errno = {
  ENOENT: 2,
  E2BIG: 7,
  EACCES: 13,
  EFAULT: 14,
  EEXIST: 17,
  EINVAL: 22,
  ENOTSUPP: 524,
} as const;
