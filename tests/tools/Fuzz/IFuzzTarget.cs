namespace HeartbeatGateway.Fuzz;

/// <summary>Code that must handle any input bytes without an exception.</summary>
internal interface IFuzzTarget
{
    /// <summary>The seed inputs, by name.</summary>
    IEnumerable<(string Name, byte[] Input)> Seeds { get; }

    /// <summary>Processes one input. An exception is a bug in the gateway.</summary>
    void Run(byte[] input);
}
