using Xunit.Sdk;
using Xunit.v3;

// Each test measures times and memory: none may be disturbed by another.
[assembly: Parallelization(Mode = ParallelMode.None)]
