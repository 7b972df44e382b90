namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>A random source with a fixed value: every jitter is this fraction of its range, and nothing is shuffled.</summary>
internal sealed class FixedRandom(double value) : Random
{
    public double Value { get; set; } = value;

    public override double NextDouble() => Value;

    /// <summary>True: a shuffle of two items swaps them.</summary>
    public bool Swap { get; set; }

    public override int Next(int minValue, int maxValue) => Swap ? maxValue - 1 : minValue;
}
