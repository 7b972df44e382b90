using System.Runtime.InteropServices;

namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>The process's own generator: seeded differently in each process, so that no two of a fleet agree.</summary>
internal sealed class SharedRandom : IRandom
{
    public static readonly SharedRandom Instance = new();

    public double Next() => Random.Shared.NextDouble();

    public void Shuffle<T>(List<T> items) => Random.Shared.Shuffle(CollectionsMarshal.AsSpan(items));
}
