using System.Runtime.InteropServices;

namespace HeartbeatGateway.Cli.Terminals;

/// <summary>
/// Handles Ctrl+C and SIGTERM. The first signal requests a graceful shutdown; a later signal ends the process as usual. Some
/// senders, such as <c>timeout</c>, signal a process and then its process group. The process receives one request twice, so a
/// second signal within one second counts as the same request.
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

    /// <summary>True when a signal is a request for a graceful shutdown; false when it must end the process.</summary>
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
