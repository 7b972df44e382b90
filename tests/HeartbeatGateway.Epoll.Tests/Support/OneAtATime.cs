using Xunit.Sdk;
using Xunit.v3;

// The tests count descriptors, allocations and waits of the process.
[assembly: Parallelization(Mode = ParallelMode.None)]
