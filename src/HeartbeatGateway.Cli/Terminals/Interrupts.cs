using System.Runtime.InteropServices;

namespace HeartbeatGateway.Cli.Terminals;

/// <summary>
/// Ctrl+C and SIGTERM. The first signal asks the command to finish in good order; a later one ends the process as usual. Some
/// senders, <c>timeout</c> among them, signal a process and then its group, which is one request that arrives twice.
/// </summary>
internal sealed class Interrupts : IDisposable
{
    private static readonly TimeSpan SameRequest = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _requested = new();
    private readonly TimeProvider _time;
    private readonly PosixSignalRegistration[] _registrations;
    private long _first;

    public Interrupts(TimeProvider time)
    {
        _time = time;
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    public CancellationToken Requested => _requested.Token;

    /// <summary>True when a signal is to be taken as a request to finish; false when it is to end the process.</summary>
    public bool Take()
    {
        if (_requested.IsCancellationRequested) return _time.GetElapsedTime(_first) < SameRequest;
        _first = _time.GetTimestamp();
        _requested.Cancel();
        return true;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _requested.Dispose();
    }

    private void Handle(PosixSignalContext context) => context.Cancel = Take();
}
