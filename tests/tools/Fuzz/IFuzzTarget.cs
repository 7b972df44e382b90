namespace HeartbeatGateway.Fuzz;

/// <summary>Something that has an answer to any bytes.</summary>
internal interface IFuzzTarget
{
    /// <summary>Inputs to begin with, by name.</summary>
    IEnumerable<(string Name, byte[] Input)> Seeds { get; }

    /// <summary>Works on an input. An exception is a fault of the gateway.</summary>
    void Run(byte[] input);
}
