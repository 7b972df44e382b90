namespace HeartbeatGateway.Protocol.Frames;

/// <summary>What follows the date of a frame.</summary>
public enum FrameNumberStatus
{
    /// <summary>No number: nothing, or another text, which is ignored.</summary>
    None,

    /// <summary>A number and a generation.</summary>
    Numbered,

    /// <summary>The text begins as a number does and is none.</summary>
    Malformed,
}
