namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>Chance as the test wants it: every jitter is this part of its range, nothing is shuffled.</summary>
internal sealed class FixedRandom(double value) : Random
{
    public double Value { get; set; } = value;

    public override double NextDouble() => Value;

    public override int Next(int minValue, int maxValue) => minValue;
}
