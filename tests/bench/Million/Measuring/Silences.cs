using HeartbeatGateway.Million.Driving;

namespace HeartbeatGateway.Million.Measuring;

/// <summary>Which silent clients were closed and how late, and which other clients were closed, as the clients saw it.</summary>
internal sealed class Silences
{
    private readonly List<TimeSpan> _late = [];

    /// <param name="drivers">The drivers of the clients.</param>
    /// <param name="limit">The idle timeout.</param>
    /// <param name="time">The clock.</param>
    public Silences(IReadOnlyList<Driver> drivers, TimeSpan limit, TimeProvider time)
    {
        var now = time.GetTimestamp();
        foreach (var driver in drivers)
        {
            foreach (ref readonly var client in driver.Clients)
            {
                var isSilent = client.SilentFrom < now;
                if (isSilent) Silent++;
                if (client.ClosedAt == 0)
                {
                    if (isSilent) NeverClosed++;
                    continue;
                }

                if (!isSilent) ClosedThoughHeard++;
                else _late.Add(time.GetElapsedTime(client.LastSent, client.ClosedAt) - limit);
            }
        }

        _late.Sort();
    }

    public int Silent { get; }

    public int NeverClosed { get; }

    public int ClosedThoughHeard { get; }

    /// <summary>A quantile of the time from the idle timeout to the close; negative when a client was closed too early.</summary>
    public TimeSpan Late(double quantile) => _late.Count == 0 ? TimeSpan.Zero : _late[(int)Math.Min(_late.Count - 1, quantile * _late.Count)];
}
